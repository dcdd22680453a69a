# Every argument of the resources that the AWS provider has for patching.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "endpoint" { type = string }

# What the second plan changes.
variable "approved" { type = list(string) }
variable "days" { type = number }
variable "owner" { type = string }
variable "groups" { type = set(string) }
variable "cutoff" { type = number }

provider "aws" {
  region                      = "us-east-1"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  max_retries                 = 1

  endpoints {
    ssm = var.endpoint
  }
}

resource "aws_ssm_patch_baseline" "linux" {
  name                                 = "amazon-linux"
  description                          = "Security at once, the rest later"
  operating_system                     = "AMAZON_LINUX_2"
  approved_patches                     = var.approved
  approved_patches_compliance_level    = "HIGH"
  approved_patches_enable_non_security = true
  rejected_patches                     = ["kernel-debug*"]
  rejected_patches_action              = "BLOCK"

  global_filter {
    key    = "PRODUCT"
    values = ["AmazonLinux2", "AmazonLinux2.0"]
  }

  approval_rule {
    approve_after_days  = var.days
    compliance_level    = "CRITICAL"
    enable_non_security = true

    patch_filter {
      key    = "CLASSIFICATION"
      values = ["Security"]
    }
    patch_filter {
      key    = "SEVERITY"
      values = ["Critical", "Important"]
    }
  }

  approval_rule {
    approve_until_date = "2026-06-30"

    patch_filter {
      key    = "CLASSIFICATION"
      values = ["*"]
    }
  }

  source {
    name          = "mirror"
    configuration = "[mirror]\nname=mirror\nbaseurl=https://mirror.example/amzn2\nenabled=1"
    products      = ["AmazonLinux2"]
  }

  tags = {
    Owner = var.owner
  }
}

resource "aws_ssm_patch_baseline" "windows" {
  name             = "windows"
  approved_patches = ["KB4480979"]
  rejected_patches = ["KB890830"]

  approval_rule {
    approve_after_days = 0

    patch_filter {
      key    = "PATCH_SET"
      values = ["OS"]
    }
    patch_filter {
      key    = "MSRC_SEVERITY"
      values = ["Critical"]
    }
  }
}

resource "aws_ssm_patch_group" "linux" {
  for_each    = var.groups
  baseline_id = aws_ssm_patch_baseline.linux.id
  patch_group = each.value
}

resource "aws_ssm_patch_group" "windows" {
  baseline_id = aws_ssm_patch_baseline.windows.id
  patch_group = "web"
}

resource "aws_ssm_default_patch_baseline" "linux" {
  baseline_id      = aws_ssm_patch_baseline.linux.id
  operating_system = aws_ssm_patch_baseline.linux.operating_system
}

resource "aws_ssm_activation" "nodes" {
  name               = "nodes"
  description        = "Machines elsewhere"
  iam_role           = "AnyRole"
  registration_limit = 5

  tags = {
    "Patch Group" = "web"
  }
}

resource "aws_ssm_maintenance_window" "night" {
  name                       = "night"
  description                = "When nobody works"
  schedule                   = "cron(0 2 ? * SUN *)"
  schedule_timezone          = "Europe/Berlin"
  duration                   = 3
  cutoff                     = var.cutoff
  allow_unassociated_targets = true
  enabled                    = true

  tags = {
    Owner = var.owner
  }
}

data "aws_ssm_patch_baseline" "stock" {
  owner            = "AWS"
  name_prefix      = "AWS-"
  operating_system = "CENTOS"
}

data "aws_ssm_patch_baselines" "own" {
  filter {
    key    = "OWNER"
    values = ["Self"]
  }
  depends_on = [aws_ssm_patch_baseline.linux, aws_ssm_patch_baseline.windows]
}

data "aws_ssm_instances" "nodes" {
  filter {
    name   = "PlatformTypes"
    values = ["Linux"]
  }
}

output "stock" { value = data.aws_ssm_patch_baseline.stock.name }
output "linux" { value = aws_ssm_patch_baseline.linux.id }
output "own" { value = sort(data.aws_ssm_patch_baselines.own.baseline_identities[*].baseline_name) }
output "nodes" { value = data.aws_ssm_instances.nodes.ids }
