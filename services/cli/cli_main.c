/* effreg: the command line for everybody. */
#include "common/crypto.h"
#include "common/log.h"
#include "services/cli/cli_args.h"
#include "services/cli/cli_commands.h"

#include <stdio.h>
#include <stdlib.h>

struct command_row {
	const char *name;    /* one to three words, with blanks */
	cli_run *run;
	const char *en, *ru;
};

static const struct command_row COMMANDS[] = {
	{"generate", cli_generate, "write the demonstration data", "записать демонстрационные данные"},
	{"validate", cli_validate, "check events, or any instance against a schema", "проверить события или документ по схеме"},
	{"push", cli_push, "send events to the centre", "отправить события в центр"},
	{"import", cli_import, "make events of a table", "сделать события из таблицы"},
	{"rank confidence", cli_rank_confidence, "tell how sure places are, from estimates and their errors",
	 "оценить надёжность мест по оценкам и их погрешностям"},
	{"rank explain", cli_rank_explain, "tell what a score is made of and why a place changed",
	 "разложить оценку и объяснить смену места"},
	{"rank robust", cli_rank_robust, "tell which places hold under all admissible weights",
	 "показать места, устойчивые к допустимым весам"},
	{"rank what-if", cli_rank_what_if, "find the smallest change that reaches a place",
	 "найти наименьшее изменение, выводящее на место"},
	{"rank audit", cli_rank_audit, "tell what the figures say about a methodology",
	 "проверить методику по её данным"},
	{"rank lab", cli_rank_lab, "hold a draft methodology against the one in force",
	 "сравнить проект методики с действующей"},
	{"rank", cli_rank, "compute a rating over files", "посчитать рейтинг по файлам"},
	{"rating get", cli_rating_get, "show a rating", "показать рейтинг"},
	{"rating publish", cli_rating_publish, "publish the rating of a period", "опубликовать рейтинг за период"},
	{"rating history", cli_rating_history, "show a region's published places", "показать опубликованные места региона"},
	{"rating cohorts", cli_rating_cohorts, "list the cohorts", "показать группы сравнения"},
	{"rating lab", cli_rating_lab, "try a draft methodology on published periods", "применить проект методики к прошлым периодам"},
	{"rating export", cli_rating_export, "write a rating into a file", "записать рейтинг в файл"},
	{"rating explain", cli_rating_explain, "explain a place and its change", "объяснить место и его изменение"},
	{"rating diff", cli_rating_diff, "show what a revision changed", "показать, что изменила редакция"},
	{"rating verify", cli_rating_verify, "check a published rating by itself", "проверить опубликованный рейтинг"},
	{"rating recompute", cli_rating_recompute, "compute a rating from exported logs", "вычислить рейтинг по выгруженным журналам"},
	{"report", cli_report, "report on a region or an authority", "отчёт по региону или органу власти"},
	{"sources", cli_sources, "show what each source sent, and who fell silent", "показать, что прислал каждый источник и кто замолчал"},
	{"trace", cli_trace, "show what became of an event, with times", "показать путь события со временем"},
	{"practices list", cli_practices_list, "show the catalogue of practices", "показать каталог практик"},
	{"practices show", cli_practices_show, "show a practice and how it spread", "показать практику и её путь"},
	{"practices suggest", cli_practices_suggest, "suggest practices that suit a region", "подсказать подходящие региону практики"},
	{"feed", cli_feed, "follow the notices", "следить за уведомлениями"},
	{"indicator", cli_indicator, "show an indicator and the events it comes from", "показать показатель и события, из которых он следует"},
	{"rebuild", cli_rebuild, "make the state of metrics anew from the log", "заново построить показатели по журналу"},
	{"status", cli_status, "show how far every consumer has come", "показать, как далеко продвинулся каждый потребитель"},
	{"agent status", cli_agent_status, "how the agent of this machine stands", "состояние агента на этой машине"},
	{"quarantine list", cli_quarantine_list, "show what was refused and why", "показать, что и почему отвергнуто"},
	{"quarantine show", cli_quarantine_show, "print the bytes of a refused event", "вывести байты отвергнутого события"},
	{"quarantine replay", cli_quarantine_replay, "push refused events again", "отправить отвергнутые события снова"},
	{"quarantine discard", cli_quarantine_discard, "delete a refused event", "удалить отвергнутое событие"},
	{"log verify", cli_log_verify, "check the hash chain of every log", "проверить хеш-цепочку каждого журнала"},
	{"log export", cli_log_export, "write the logs into files", "выгрузить журналы в файлы"},
	{"log archive", cli_log_archive, "move the bytes of old events out of the database", "вынести содержимое старых событий из базы данных"},
	{"log checkpoint", cli_log_checkpoint, "sign the heads of the logs", "подписать головы журналов"},
	{"log reopen", cli_log_reopen, "acknowledge that the logs were restored from an older copy", "подтвердить, что журналы восстановлены из старой копии"},
	{"doctor", cli_doctor, "check this machine and say what to mend", "проверить эту машину и сказать, что исправить"},
	{"migrate status", cli_migrate_status, "show which migrations were applied and which are due", "показать применённые и недостающие миграции"},
	{"migrate up", cli_migrate_up, "bring the database's schema up to date", "обновить схему базы данных"},
	{"migrate", cli_migrate, "the same as migrate up", "то же, что migrate up"},
	{"keys token new", cli_keys_token_new, "make a region's token for HTTPS", "создать токен региона для HTTPS"},
	{"keys token list", cli_keys_token_list, "show the tokens and their rights", "показать токены и их права"},
	{"keys token revoke", cli_keys_token_revoke, "refuse a token from now on", "отозвать токен"},
	{"keys new", cli_keys_new, "make a key pair", "создать пару ключей"},
	{"keys add", cli_keys_add, "give a key its role", "выдать ключу роль"},
	{"keys rotate", cli_keys_rotate, "let a new key follow an old one", "заменить ключ новым"},
	{"keys revoke", cli_keys_revoke, "refuse a key from now on", "отозвать ключ"},
	{"keys list", cli_keys_list, "show the keys and their rights", "показать ключи и их права"},
};

#define COMMAND_WORDS_MAX 3

static enum cli_lang choose_lang(int argc, char **argv)
{
	const char *set = getenv("LC_ALL");
	if (set == NULL || set[0] == '\0')
		set = getenv("LC_MESSAGES");
	if (set == NULL || set[0] == '\0')
		set = getenv("LANG");
	for (int i = 1; i + 1 < argc; i++) {
		if (text_equal(argv[i], "--lang"))
			set = argv[i + 1];
	}
	return set != NULL && strncmp(set, "ru", 2) == 0 ? CLI_LANG_RU : CLI_LANG_EN;
}

static void print_commands(FILE *to, enum cli_lang lang)
{
	fprintf(to, "%s: effreg rating get --period 2023\n\n%s\n\n", cli_text(lang, "Example", "Пример"),
	        cli_text(lang, "effreg, the exchange and rating platform of the programme «Эффективный регион»",
	                 "effreg, платформа обмена данными и рейтинга программы «Эффективный регион»"));
	for (size_t i = 0; i < ARRAY_COUNT(COMMANDS); i++)
		fprintf(to, "  %-18s %s\n", COMMANDS[i].name, cli_text(lang, COMMANDS[i].en, COMMANDS[i].ru));
	fprintf(to, "\n%s\n", cli_text(lang, "effreg COMMAND --help tells the rest.", "Подробнее: effreg КОМАНДА --help."));
}

/* Every command with its table, for programs. */
static int describe_commands(void)
{
	for (size_t i = 0; i < ARRAY_COUNT(COMMANDS); i++) {
		char name[64], describe[] = CLI_DESCRIBE;
		snprintf(name, sizeof name, "%s", COMMANDS[i].name);
		char *arguments[] = {name, describe, NULL};
		printf("command\t%s\t%s\t%s\n", COMMANDS[i].name, COMMANDS[i].en, COMMANDS[i].ru);
		if (COMMANDS[i].run(2, arguments, CLI_LANG_EN) != CLI_EXIT_OK)
			return CLI_EXIT_NEGATIVE;
	}
	return CLI_EXIT_OK;
}

/* Matches the words after the program's name, a command of more words before that of fewer (its row stands before).
 * *ret_words is how many the command took. */
static const struct command_row *find_command(int argc, char **argv, int *ret_words)
{
	char words[COMMAND_WORDS_MAX][64] = {""};
	for (int count = 1; count <= COMMAND_WORDS_MAX && count < argc; count++)
		snprintf(words[count - 1], sizeof words[0], "%.40s%s%.20s", count > 1 ? words[count - 2] : "", count > 1 ? " " : "", argv[count]);
	for (size_t i = 0; argc > 1 && i < ARRAY_COUNT(COMMANDS); i++) {
		for (int count = 1; count <= COMMAND_WORDS_MAX && count < argc; count++) {
			if (text_equal(COMMANDS[i].name, words[count - 1])) {
				*ret_words = count;
				return &COMMANDS[i];
			}
		}
	}
	return NULL;
}

int main(int argc, char **argv)
{
	enum cli_lang lang = choose_lang(argc, argv);
	int words;
	log_init("effreg");
	if (crypto_init() != STATUS_OK)
		return CLI_EXIT_NEGATIVE;
	if (argc > 1 && text_equal(argv[1], "--version")) {
		printf("effreg %s\n", EFFREG_VERSION);
		return CLI_EXIT_OK;
	}
	if (argc > 1 && (text_equal(argv[1], "--help") || text_equal(argv[1], "-h"))) {
		print_commands(stdout, lang);
		return CLI_EXIT_OK;
	}
	if (argc == 2 && text_equal(argv[1], CLI_DESCRIBE))
		return describe_commands();
	const struct command_row *command = find_command(argc, argv, &words);
	if (command == NULL) {
		if (argc > 1)
			fprintf(stderr, cli_text(lang, "effreg: there is no command %s\n\n", "effreg: нет команды %s\n\n"), argv[1]);
		print_commands(stderr, lang);
		return CLI_EXIT_USAGE;
	}
	return command->run(argc - words, argv + words, lang);
}
