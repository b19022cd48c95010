# A service whose new versions are tried in one canary: submit it again with another text, look, and promote it.
#   stint job run examples/canary.nomad.hcl
#   stint job run -detach -var text=two examples/canary.nomad.hcl
#   stint job status canary
#   stint job promote canary
variable "text" {
  type    = string
  default = "one"
}

job "canary" {
  type = "service"

  group "say" {
    count = 2

    # One execution of a new version runs beside both of the old one, until it is promoted.
    update {
      canary           = 1
      health_check     = "task_states"
      min_healthy_time = "1s"
      auto_revert      = true
    }

    task "loop" {
      driver = "raw_exec"

      config {
        command = "/bin/sh"
        args    = ["-c", "while :; do echo ${var.text}; sleep 1; done"]
      }

      resources {
        cpu    = 50
        memory = 32
      }
    }
  }
}
