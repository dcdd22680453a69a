-- In which regions of an account a node is: an EC2 node makes itself known in one of them only.
CREATE INDEX nodes_by_instance ON nodes (account_id, instance_id, region);
