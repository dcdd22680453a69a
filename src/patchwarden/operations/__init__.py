"""What the API does: one module per family of operations, and the table that says what is served.

To add an operation, write one function of (context, request) and a line in `OPERATIONS`. Shapes
and constraints are checked before it runs; the errors that it raises become the service's codes
in `errors`.
"""

from collections.abc import Mapping
from types import MappingProxyType

from patchwarden.operations.activations import (
    create_activation,
    delete_activation,
    describe_activations,
    register_managed_instance,
)
from patchwarden.operations.instance_patches import (
    describe_instance_patch_states,
    describe_instance_patches,
)
from patchwarden.operations.managed_nodes import (
    deregister_managed_instance,
    describe_instance_information,
)
from patchwarden.operations.patch_baselines import (
    create_patch_baseline,
    describe_patch_baselines,
    get_default_patch_baseline,
    get_patch_baseline,
    register_default_patch_baseline,
)
from patchwarden.operations.reports import submit_report
from patchwarden.operations.served import ServedOperation

_READS = False
_WRITES = True

OPERATIONS: Mapping[str, ServedOperation] = MappingProxyType(
    {
        "AmazonSSM.CreateActivation": ServedOperation(create_activation, "operate", _WRITES),
        "AmazonSSM.CreatePatchBaseline": ServedOperation(
            create_patch_baseline, "administer", _WRITES
        ),
        "AmazonSSM.DeleteActivation": ServedOperation(delete_activation, "operate", _WRITES),
        "AmazonSSM.DeregisterManagedInstance": ServedOperation(
            deregister_managed_instance, "operate", _WRITES
        ),
        "AmazonSSM.DescribeActivations": ServedOperation(describe_activations, "read", _READS),
        "AmazonSSM.DescribeInstanceInformation": ServedOperation(
            describe_instance_information, "read", _READS
        ),
        "AmazonSSM.DescribeInstancePatchStates": ServedOperation(
            describe_instance_patch_states, "read", _READS
        ),
        "AmazonSSM.DescribeInstancePatches": ServedOperation(
            describe_instance_patches, "read", _READS
        ),
        "AmazonSSM.DescribePatchBaselines": ServedOperation(
            describe_patch_baselines, "read", _READS
        ),
        "AmazonSSM.GetDefaultPatchBaseline": ServedOperation(
            get_default_patch_baseline, "read", _READS
        ),
        "AmazonSSM.GetPatchBaseline": ServedOperation(get_patch_baseline, "read", _READS),
        "AmazonSSM.RegisterDefaultPatchBaseline": ServedOperation(
            register_default_patch_baseline, "administer", _WRITES
        ),
        "AmazonSSM.RegisterManagedInstance": ServedOperation(
            register_managed_instance, "anyone", _WRITES
        ),
        "Patchwarden.SubmitReport": ServedOperation(submit_report, "report", _WRITES),
    }
)
"""Every operation that is served, by its X-Amz-Target."""
