# Redis that recovers by itself: restarted where it runs, restarted when it stops answering, and moved to another node
# when that does not help. Try it:
#   stint job plan examples/redis.nomad.hcl
#   stint job run examples/redis.nomad.hcl
job "example" {
  datacenters = ["dc1"]
  type        = "service"

  constraint {
    attribute = "${attr.kernel.name}"
    value     = "linux"
  }

  group "cache" {
    count = 1

    network {
      port "db" {
        to = 6379
      }
    }

    # A process that ends is started again on its node: twice in half an hour at most.
    restart {
      attempts = 2
      interval = "30m"
      delay    = "15s"
      mode     = "fail"
    }

    # After that another node is tried, without end, at longer and longer intervals.
    reschedule {
      delay          = "30s"
      delay_function = "exponential"
      max_delay      = "1h"
      unlimited      = true
    }

    task "redis" {
      driver = "docker"

      config {
        image = "redis:3.2"
        ports = ["db"]
      }

      resources {
        cpu    = 500 # 500 MHz
        memory = 256 # 256MB
      }

      service {
        name = "redis-cache"
        port = "db"
        tags = ["global", "cache"]

        check {
          name     = "alive"
          type     = "tcp"
          interval = "10s"
          timeout  = "2s"
        }

        # A process that lives but has not answered three times in a row is restarted too.
        check_restart {
          limit           = 3
          grace           = "90s"
          ignore_warnings = false
        }
      }
    }
  }
}
