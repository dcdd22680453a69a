// Walks through the API with the AWS SDK for JavaScript and prints what it saw as JSON.
// Usage: node walk.mjs INSTANCE_ID; endpoint, region and keys come from the environment.

import {
  AddTagsToResourceCommand,
  CreatePatchBaselineCommand,
  DeletePatchBaselineCommand,
  DescribeInstancePatchesCommand,
  DescribePatchGroupStateCommand,
  DoesNotExistException,
  GetPatchBaselineCommand,
  GetPatchBaselineForPatchGroupCommand,
  InvalidFilter,
  InvalidInstanceId,
  RegisterPatchBaselineForPatchGroupCommand,
  ResourceInUseException,
  SSMClient,
  UpdatePatchBaselineCommand,
  paginateDescribeInstancePatches,
  paginateDescribePatchBaselines,
  paginateListComplianceItems,
} from "@aws-sdk/client-ssm";

const instanceId = process.argv[2];
const client = new SSMClient({ maxAttempts: 1 });
const send = (Command, input) => client.send(new Command(input));

async function every(pages, member) {
  const found = [];
  let count = 0;
  for await (const page of pages) {
    count += 1;
    found.push(...page[member]);
  }
  return { count, found };
}

async function refusal(Command, input, Kind) {
  try {
    await send(Command, input);
  } catch (error) {
    return {
      name: error.name,
      isTyped: error instanceof Kind,
      status: error.$metadata.httpStatusCode,
      hasRequestId: Boolean(error.$metadata.requestId),
      message: error.message,
    };
  }
  return null;
}

const filters = [{ Key: "CLASSIFICATION", Values: ["*"] }];
const { BaselineId: baselineId } = await send(CreatePatchBaselineCommand, {
  Name: "javascript",
  OperatingSystem: "AMAZON_LINUX_2023",
  ApprovalRules: { PatchRules: [{ PatchFilterGroup: { PatchFilters: filters }, ApproveAfterDays: 3 }] },
  Tags: [{ Key: "Owner", Value: "ann" }],
});
const baseline = await send(GetPatchBaselineCommand, { BaselineId: baselineId });
const updated = await send(UpdatePatchBaselineCommand, { BaselineId: baselineId, Description: "new" });
await send(RegisterPatchBaselineForPatchGroupCommand, { BaselineId: baselineId, PatchGroup: "web" });
await send(AddTagsToResourceCommand, {
  ResourceType: "ManagedInstance",
  ResourceId: instanceId,
  Tags: [{ Key: "PatchGroup", Value: "web" }],
});
const ofGroup = await send(GetPatchBaselineForPatchGroupCommand, {
  PatchGroup: "web",
  OperatingSystem: "AMAZON_LINUX_2023",
});
const paging = { client, pageSize: 10 };
const seen = {
  createdIsDate: baseline.CreatedDate instanceof Date,
  rule: baseline.ApprovalRules.PatchRules[0],
  description: updated.Description,
  groupHasBaseline: ofGroup.BaselineId === baselineId,
  groupState: await send(DescribePatchGroupStateCommand, { PatchGroup: "web" }),
  patches: await every(paginateDescribeInstancePatches(paging, { InstanceId: instanceId }), "Patches"),
  baselines: await every(paginateDescribePatchBaselines(paging, {}), "BaselineIdentities"),
  items: await every(
    paginateListComplianceItems(paging, { ResourceIds: [instanceId], ResourceTypes: ["ManagedInstance"] }),
    "ComplianceItems",
  ),
  unknownNode: await refusal(
    DescribeInstancePatchesCommand, { InstanceId: "mi-0123456789abcdef0" }, InvalidInstanceId,
  ),
  badFilter: await refusal(
    DescribeInstancePatchesCommand,
    { InstanceId: instanceId, Filters: [{ Key: "Title", Values: ["a"] }] },
    InvalidFilter,
  ),
  tooMany: await refusal(DescribeInstancePatchesCommand, { InstanceId: instanceId, MaxResults: 101 }, Error),
  unknownBaseline: await refusal(
    GetPatchBaselineCommand, { BaselineId: "pb-00000000000000000" }, DoesNotExistException,
  ),
  inUse: await refusal(DeletePatchBaselineCommand, { BaselineId: baselineId }, ResourceInUseException),
};
console.log(JSON.stringify(seen));
