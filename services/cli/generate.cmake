# The generator of demonstration data: pure, so that one seed gives the same bytes on any machine.
add_library(cli_generate_core STATIC
  cli_generate_core.c cli_generate_registry.c cli_generate_plan.c cli_generate_facts.c cli_generate_bodies.c
  cli_generate_project.c cli_generate_coordinator.c cli_generate_governance.c cli_generate_findings.c cli_generate_people.c cli_generate_journal.c cli_generate_words.c cli_generate_calendar.c
  cli_generate_random.c)
target_link_libraries(cli_generate_core PUBLIC common_pure)
