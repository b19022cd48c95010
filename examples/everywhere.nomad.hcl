# One execution on each node, also on nodes that come later: a system job.
#   stint job run examples/everywhere.nomad.hcl
variable "word" {
  type    = string
  default = "here"
}

job "everywhere" {
  type = "system"

  group "agent" {
    task "note" {
      driver = "raw_exec"

      template {
        data        = "node ${node.unique.name}: ${var.word}\n"
        destination = "local/note.txt"
      }

      config {
        command = "/bin/sh"
        args    = ["-c", "cat local/note.txt; exec sleep 1000000"]
      }

      resources {
        cpu    = 20
        memory = 16
      }
    }
  }
}
