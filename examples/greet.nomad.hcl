# A job that runs each time it is dispatched, with a name to greet:
#   stint job run examples/greet.nomad.hcl
#   stint job dispatch -meta name=Ada greet
job "greet" {
  type = "batch"

  parameterized {
    meta_required = ["name"]
    payload       = "optional"
  }

  group "once" {
    task "say" {
      driver = "raw_exec"

      config {
        command = "/bin/echo"
        args    = ["Hello, ${NOMAD_META_name}."]
      }
    }
  }
}
