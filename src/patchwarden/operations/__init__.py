"""What the API does: a module or a folder for each family of operations, and one table.

To add an operation, write one function of (context, request) and a line in `OPERATIONS`. Shapes
and constraints are checked before it runs; the errors that it raises become the service's codes
in `errors`.
"""

from collections.abc import Mapping
from types import MappingProxyType

from patchwarden.operations import activations, changelogs, maintenance_windows, reports, tags
from patchwarden.operations.baselines import (
    baseline_changes,
    patch_baselines,
    patch_groups,
    patch_properties,
)
from patchwarden.operations.catalog import available_patches
from patchwarden.operations.compliance import (
    compliance_items,
    compliance_summaries,
    compliance_uploads,
)
from patchwarden.operations.inventory import (
    inventory_deletions,
    inventory_entries,
    inventory_schemas,
)
from patchwarden.operations.nodes import heartbeats, managed_nodes
from patchwarden.operations.patches import instance_patches, patch_states
from patchwarden.operations.search import fleet_search
from patchwarden.operations.served import ServedOperation, changes, reads, walks
from patchwarden.operations.snapshots import patch_snapshots

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
        "AmazonSSM.DescribeInstanceInformation": walks(managed_nodes.describe_instance_information),
        "AmazonSSM.DescribeInstanceProperties": walks(managed_nodes.describe_instance_properties),
        "AmazonSSM.UpdateInstanceInformation": changes(
            heartbeats.update_instance_information, "report"
        ),
        "AmazonSSM.UpdateManagedInstanceRole": changes(
            managed_nodes.update_managed_instance_role, "operate"
        ),
        # Patch baselines
        "AmazonSSM.CreatePatchBaseline": changes(
            baseline_changes.create_patch_baseline, "administer"
        ),
        "AmazonSSM.DeletePatchBaseline": changes(
            baseline_changes.delete_patch_baseline, "administer"
        ),
        "AmazonSSM.DescribePatchBaselines": reads(patch_baselines.describe_patch_baselines),
        "AmazonSSM.DescribePatchProperties": reads(patch_properties.describe_patch_properties),
        "AmazonSSM.GetDefaultPatchBaseline": reads(patch_baselines.get_default_patch_baseline),
        "AmazonSSM.GetPatchBaseline": reads(patch_baselines.get_patch_baseline),
        "AmazonSSM.RegisterDefaultPatchBaseline": changes(
            patch_baselines.register_default_patch_baseline, "administer"
        ),
        "AmazonSSM.UpdatePatchBaseline": changes(
            baseline_changes.update_patch_baseline, "administer"
        ),
        # Patch groups
        "AmazonSSM.DeregisterPatchBaselineForPatchGroup": changes(
            patch_groups.deregister_patch_baseline_for_patch_group, "administer"
        ),
        "AmazonSSM.DescribePatchGroups": reads(patch_groups.describe_patch_groups),
        "AmazonSSM.GetPatchBaselineForPatchGroup": reads(
            patch_groups.get_patch_baseline_for_patch_group
        ),
        "AmazonSSM.RegisterPatchBaselineForPatchGroup": changes(
            patch_groups.register_patch_baseline_for_patch_group, "administer"
        ),
        # The catalog of patches
        "AmazonSSM.DescribeAvailablePatches": walks(available_patches.describe_available_patches),
        "AmazonSSM.DescribeEffectivePatchesForPatchBaseline": walks(
            available_patches.describe_effective_patches_for_patch_baseline
        ),
        # Patches and their states on nodes
        "AmazonSSM.DescribeInstancePatchStates": reads(patch_states.describe_instance_patch_states),
        "AmazonSSM.DescribeInstancePatchStatesForPatchGroup": walks(
            patch_states.describe_instance_patch_states_for_patch_group
        ),
        "AmazonSSM.DescribeInstancePatches": reads(instance_patches.describe_instance_patches),
        "AmazonSSM.DescribePatchGroupState": walks(patch_states.describe_patch_group_state),
        # Patch snapshots
        "AmazonSSM.GetDeployablePatchSnapshotForInstance": changes(
            patch_snapshots.get_deployable_patch_snapshot_for_instance, "report"
        ),
        # Inventory
        "AmazonSSM.DeleteInventory": changes(inventory_deletions.delete_inventory, "administer"),
        "AmazonSSM.DescribeInventoryDeletions": reads(
            inventory_deletions.describe_inventory_deletions
        ),
        "AmazonSSM.GetInventory": walks(inventory_entries.get_inventory),
        "AmazonSSM.GetInventorySchema": reads(inventory_schemas.get_inventory_schema),
        "AmazonSSM.ListInventoryEntries": walks(inventory_entries.list_inventory_entries),
        "AmazonSSM.PutInventory": changes(
            inventory_entries.put_inventory, "report", has_large_body=True
        ),
        # Compliance
        "AmazonSSM.ListComplianceItems": walks(compliance_items.list_compliance_items),
        "AmazonSSM.ListComplianceSummaries": walks(compliance_summaries.list_compliance_summaries),
        "AmazonSSM.ListResourceComplianceSummaries": walks(
            compliance_summaries.list_resource_compliance_summaries
        ),
        "AmazonSSM.PutComplianceItems": changes(
            compliance_uploads.put_compliance_items, "report", has_large_body=True
        ),
        # Tags
        "AmazonSSM.AddTagsToResource": changes(tags.add_tags_to_resource, "operate"),
        "AmazonSSM.ListTagsForResource": reads(tags.list_tags_for_resource),
        "AmazonSSM.RemoveTagsFromResource": changes(tags.remove_tags_from_resource, "operate"),
        # Maintenance windows
        "AmazonSSM.CreateMaintenanceWindow": changes(
            maintenance_windows.create_maintenance_window, "administer"
        ),
        "AmazonSSM.DeleteMaintenanceWindow": changes(
            maintenance_windows.delete_maintenance_window, "administer"
        ),
        "AmazonSSM.DescribeMaintenanceWindows": reads(
            maintenance_windows.describe_maintenance_windows
        ),
        "AmazonSSM.GetMaintenanceWindow": reads(maintenance_windows.get_maintenance_window),
        "AmazonSSM.UpdateMaintenanceWindow": changes(
            maintenance_windows.update_maintenance_window, "administer"
        ),
        # Patchwarden's own
        "Patchwarden.CountNodes": walks(fleet_search.count_nodes),
        "Patchwarden.DeregisterInstance": changes(
            managed_nodes.deregister_managed_instance, "operate"
        ),
        "Patchwarden.DescribeWantedChangelogs": walks(changelogs.describe_wanted_changelogs),
        "Patchwarden.PutChangelogs": changes(
            changelogs.put_changelogs, "report", has_large_body=True
        ),
        "Patchwarden.SearchNodes": walks(fleet_search.search_nodes),
        "Patchwarden.SubmitReport": changes(reports.submit_report, "report", has_large_body=True),
    }
)
"""Every operation that is served, by its X-Amz-Target."""
