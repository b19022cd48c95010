# A service of two executions that write a line each second: kill a process of it, and it is started again.
#   stint job run examples/ticker.nomad.hcl
#   stint job status ticker
job "ticker" {
  type = "service"

  group "tick" {
    count = 2

    # Started again a second after its end, three times in a minute; then another node is tried.
    restart {
      attempts = 3
      interval = "1m"
      delay    = "1s"
    }

    # A new version counts as healthy when its processes have run for two seconds.
    update {
      health_check     = "task_states"
      min_healthy_time = "2s"
    }

    network {
      port "http" {}
    }

    task "loop" {
      driver = "raw_exec"

      config {
        command = "/bin/sh"
        args    = ["-c", "while :; do echo tick of $NOMAD_ALLOC_NAME on port $NOMAD_PORT_http; sleep 1; done"]
      }

      resources {
        cpu    = 50
        memory = 32
      }
    }
  }
}
