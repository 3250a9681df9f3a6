/* cli_commands: the commands of effreg; argv[0] is the command's name, the result its exit code. */
#ifndef EFFREG_CLI_COMMANDS_H
#define EFFREG_CLI_COMMANDS_H

#include "services/cli/cli_generate.h"
#include "services/cli/cli_lang.h"

typedef int cli_run(int argc, char **argv, enum cli_lang lang);

cli_run cli_validate;
cli_run cli_push;
cli_run cli_import;
cli_run cli_rank;
cli_run cli_rank_confidence;
cli_run cli_rank_audit;
cli_run cli_rank_explain;
cli_run cli_rank_lab;
cli_run cli_rank_robust;
cli_run cli_rank_what_if;
cli_run cli_rating_get;
cli_run cli_rating_publish;
cli_run cli_rating_history;
cli_run cli_rating_recompute;
cli_run cli_rating_cohorts;
cli_run cli_rating_verify;
cli_run cli_rating_diff;
cli_run cli_report;
cli_run cli_sources;
cli_run cli_trace;
cli_run cli_feed;
cli_run cli_status;
cli_run cli_indicator;
cli_run cli_rebuild;
cli_run cli_rating_explain;
cli_run cli_rating_lab;
cli_run cli_rating_export;
cli_run cli_agent_status;
cli_run cli_log_verify;
cli_run cli_log_export;
cli_run cli_log_archive;
cli_run cli_log_checkpoint;
cli_run cli_log_reopen;
cli_run cli_doctor;
cli_run cli_migrate;
cli_run cli_migrate_up;
cli_run cli_migrate_status;
cli_run cli_keys_new;
cli_run cli_keys_add;
cli_run cli_keys_rotate;
cli_run cli_keys_revoke;
cli_run cli_keys_list;
cli_run cli_keys_token_new;
cli_run cli_keys_token_list;
cli_run cli_keys_token_revoke;
cli_run cli_quarantine_list;
cli_run cli_quarantine_show;
cli_run cli_quarantine_replay;
cli_run cli_quarantine_discard;
cli_run cli_practices_list;
cli_run cli_practices_show;
cli_run cli_practices_suggest;

#endif
