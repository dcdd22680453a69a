"""What the API does: one module per family of operations, and the table that says what is served.

To add an operation, write one function of (context, request) and a line in `OPERATIONS`. Shapes
and constraints are checked before it runs; the errors that it raises become the service's codes
in `errors`.
"""

from collections.abc import Mapping
from types import MappingProxyType

from patchwarden.operations import (
    activations,
    instance_patches,
    managed_nodes,
    patch_baselines,
    reports,
)
from patchwarden.operations.served import ServedOperation, changes, reads

OPERATIONS: Mapping[str, ServedOperation] = MappingProxyType(
    {
        # Activations
        "AmazonSSM.CreateActivation": changes(activations.create_activation, "operate"),
        "AmazonSSM.DeleteActivation": changes(activations.delete_activation, "operate"),
        "AmazonSSM.DescribeActivations": reads(activations.describe_activations),
        "AmazonSSM.RegisterManagedInstance": changes(
            activations.register_managed_instance, "anyone"
        ),
        # Managed nodes
        "AmazonSSM.DeregisterManagedInstance": changes(
            managed_nodes.deregister_managed_instance, "operate"
        ),
        "AmazonSSM.DescribeInstanceInformation": reads(managed_nodes.describe_instance_information),
        # Patch baselines
        "AmazonSSM.CreatePatchBaseline": changes(
            patch_baselines.create_patch_baseline, "administer"
        ),
        "AmazonSSM.DescribePatchBaselines": reads(patch_baselines.describe_patch_baselines),
        "AmazonSSM.GetDefaultPatchBaseline": reads(patch_baselines.get_default_patch_baseline),
        "AmazonSSM.GetPatchBaseline": reads(patch_baselines.get_patch_baseline),
        "AmazonSSM.RegisterDefaultPatchBaseline": changes(
            patch_baselines.register_default_patch_baseline, "administer"
        ),
        # Patch groups
        # The catalog of patches
        # Patches and their states on nodes
        "AmazonSSM.DescribeInstancePatchStates": reads(
            instance_patches.describe_instance_patch_states
        ),
        "AmazonSSM.DescribeInstancePatches": reads(instance_patches.describe_instance_patches),
        # Patch snapshots
        # Inventory
        # Compliance
        # Tags
        # Maintenance windows
        # Patchwarden's own
        "Patchwarden.SubmitReport": changes(reports.submit_report, "report"),
    }
)
"""Every operation that is served, by its X-Amz-Target."""
