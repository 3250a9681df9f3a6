/* cli_rating_verify: rating verify: a document checked by itself, without the centre. */
#include "services/cli/cli_commands.h"
#include "services/cli/cli_document.h"
#include "services/cli/cli_output.h"
#include "services/cli/cli_signing.h"
#include "services/ranking/ranking_seal.h"

#include <stdio.h>

static const struct cli_option OPTIONS[] = {
	{"public-key", "FILE", NULL, NULL, "it must be signed by this key: the .pub file of keys new --signing",
	 "документ должен быть подписан этим ключом: файл .pub от keys new --signing"},
	{"format", "text|json", NULL, "text", "how to print", "вид результата"},
};

static const struct cli_command COMMAND = {
	.name = "rating verify",
	.example = "effreg rating verify rating-2023.json --public-key rating.key.pub",
	.en = "Checks a published rating (rating get --format json) by itself: result_digest against the figures, document_digest against the\n"
	      "whole document, and the signature. One changed digit is found. Without --public-key the document's own key is taken: that\n"
	      "shows that nothing was changed since somebody signed it, not who.",
	.ru = "Проверяет опубликованный рейтинг (rating get --format json) сам по себе: result_digest по показателям, document_digest по\n"
	      "всему документу и подпись. Находит одну изменённую цифру. Без --public-key берётся ключ из самого документа: так видно,\n"
	      "что после подписания ничего не изменено, но не видно, кто подписал.",
	.options = OPTIONS,
	.options_count = ARRAY_COUNT(OPTIONS),
	.arguments = "FILE",
	.arguments_min = 1,
	.arguments_max = 1,
	.exits_en = "0 it holds, 1 it does not, or there is nothing that holds it (provisional; unsigned with --public-key), 2 unreadable",
	.exits_ru = "0 всё сходится, 1 не сходится или нечем подтвердить (предварительный; без подписи при --public-key), 2 не читается",
};

struct wording {
	const char *code, *en, *ru;
};

static const struct wording WORDINGS[] = {
	[RANKING_SEAL_SOUND] = {"sound", "both digests and the signature hold", "дайджесты и подпись сходятся"},
	[RANKING_SEAL_UNSIGNED] = {"unsigned", "both digests hold; nobody signed it", "дайджесты сходятся; подписи нет"},
	[RANKING_SEAL_PROVISIONAL] = {"provisional", "a live rating: its result_digest holds, but nothing was published",
	                              "предварительный рейтинг: result_digest сходится, но публикации не было"},
	[RANKING_SEAL_NO_RATING] = {"no_rating", "this is no whole rating document: members are missing",
	                            "это не полный документ рейтинга: нет нужных полей"},
	[RANKING_SEAL_RESULT] = {"result_digest", "result_digest is not that of the figures: the result was changed",
	                         "result_digest не сходится с показателями: результат изменён"},
	[RANKING_SEAL_DOCUMENT] = {"document_digest", "document_digest is not that of the document: it was changed",
	                           "document_digest не сходится с документом: документ изменён"},
	[RANKING_SEAL_SIGNATURE] = {"signature", "the signature does not hold", "подпись не сходится"},
	[RANKING_SEAL_STRANGER] = {"public_key", "it is not signed by this key", "документ подписан не этим ключом"},
};

static bool read_public_key(const struct cli_args *args, char text[RANKING_SEAL_KEY_SIZE], const char **ret_key)
{
	struct fault fault = {.offset = -1};
	uint8_t key[SIGN_PUBLIC_BYTES];
	const char *path = cli_args_value(args, "public-key");
	*ret_key = NULL;
	if (path == NULL)
		return true;
	if (signing_read_public(path, key, &fault) != STATUS_OK) {
		cli_output_fault(args, &fault);
		return false;
	}
	hex_format(key, sizeof key, text);
	*ret_key = text;
	return true;
}

static void print_json(const struct json *document, const char *verdict, bool holds)
{
	static const char *const NAMES[] = {"period", "cohort", "kind", "result_digest", "document_digest", "public_key"};
	struct buf text;
	struct json_writer writer;
	buf_init(&text, (size_t)64 * 1024);
	json_writer_init(&writer, &text);
	json_write_object(&writer);
	json_member_bool(&writer, "holds", holds);
	json_member_string(&writer, "verdict", verdict);
	for (size_t i = 0; i < ARRAY_COUNT(NAMES); i++)
		json_member_string(&writer, NAMES[i], json_find_string(document, NAMES[i]));
	json_write_object_end(&writer);
	cli_document_print(buf_span(&text));
	buf_clear(&text);
}

int cli_rating_verify(int argc, char **argv, enum cli_lang lang)
{
	struct cli_args args;
	enum cli_format format;
	char key_text[RANKING_SEAL_KEY_SIZE];
	const char *public_key;
	const struct json *document;
	int exit_code;
	if (!cli_args_parse(&COMMAND, argc, argv, lang, &args, &exit_code))
		return exit_code;
	if (!cli_output_format(&args, &format) || !read_public_key(&args, key_text, &public_key))
		return CLI_EXIT_USAGE;
	struct arena *arena = arena_new(CLI_DOCUMENT_ARENA_MAX);
	exit_code = CLI_EXIT_USAGE;
	if (cli_document_read(&args, args.arguments[0], arena, &document) == STATUS_OK) {
		enum ranking_seal_verdict verdict = ranking_seal_check(arena, document, public_key);
		const struct wording *wording = &WORDINGS[verdict];
		bool holds = verdict == RANKING_SEAL_SOUND || verdict == RANKING_SEAL_UNSIGNED;
		exit_code = holds ? CLI_EXIT_OK : CLI_EXIT_NEGATIVE;
		if (format == CLI_FORMAT_JSON)
			print_json(document, wording->code, holds);
		else
			fprintf(holds ? stdout : stderr, "%s: %s\n", args.arguments[0], cli_text(lang, wording->en, wording->ru));
	}
	arena_destroy(&arena);
	return exit_code;
}
