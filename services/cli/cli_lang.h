/* cli_lang: the language a command speaks to its user. */
#ifndef EFFREG_CLI_LANG_H
#define EFFREG_CLI_LANG_H

enum cli_lang { CLI_LANG_EN, CLI_LANG_RU };

/* One of two texts; as format strings both are checked by the compiler. */
__attribute__((format_arg(2), format_arg(3)))
static inline const char *cli_text(enum cli_lang lang, const char *en, const char *ru)
{
	return lang == CLI_LANG_RU ? ru : en;
}

#endif
