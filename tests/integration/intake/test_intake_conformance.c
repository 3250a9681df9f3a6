/* The dialogs of proto/README.md, section 4.2, against the real effreg-intake.
 *
 * The grammar is read from the document: what is played is what is written there. First every sentence of it up to a length,
 * then what a seeded generator makes of sentences by breaking them: another order, other frames, members that are missing, of
 * another type or too many, bytes cut off, turned over or made up. A small model of the session says what must be answered;
 * a PING after each dialog tells that the intake has heard it all, answered no more than that, and lives.
 *
 * EFFREG_TEST_SEED repeats a run, EFFREG_TEST_ROUNDS makes it longer. */
#include "tests/integration/intake/intake_player.h"

#include <ctype.h>

#define DOCUMENT        EFFREG_SOURCE_DIR "/proto/README.md"
#define DOCUMENT_MAX    ((size_t)1024 * 1024)
#define NODES_MAX       512
#define RULES_MAX       32
#define SENTENCE_MAX    8      /* symbols of a sentence that is played */
#define REFUSED_MAX     7      /* of one with a refused batch: each takes the intake a tick of 200 ms to recover */
#define REPEATS_MAX     2      /* of what stands behind a * */
#define SENTENCES_MAX   20000
#define STEPS_MAX       16
#define PUSHES_MAX      PUSH_CREDIT_BATCHES
#define FRAMES_MAX      12
#define ANSWERS_MAX     (STEPS_MAX + 1)
#define CURVE_BYTES     64     /* more than encryption adds to a frame */
#define RSS_GROWTH_MAX  ((size_t)16 * 1024 * 1024)

static struct player player;
static struct process intake;
static struct bus_keypair key;
static struct client client;
static uint64_t stored, rejected;   /* what all ACKs said together */

/* ---- Randomness ---- */

static uint64_t random_state;

/* splitmix64 */
static uint64_t random_next(void)
{
	uint64_t z = random_state += UINT64_C(0x9E3779B97F4A7C15);
	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

static size_t random_below(size_t limit)
{
	return (size_t)(random_next() % limit);
}

static uint64_t number_from_environment(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);
	return text == NULL || text[0] == '\0' ? otherwise : strtoull(text, NULL, 10);
}

/* ---- The grammar ---- */

enum node_kind { NODE_TERMINAL, NODE_RULE, NODE_SEQUENCE, NODE_CHOICE, NODE_OPTION, NODE_REPEAT };

struct node {
	enum node_kind kind;
	char name[32];               /* TERMINAL and RULE */
	int first_child;             /* -1: none */
	int next_sibling;
};

struct rule {
	char name[32];
	int node;
};

static struct node nodes[NODES_MAX];
static int nodes_count;
static struct rule rules[RULES_MAX];
static size_t rules_count;
static const char *at;            /* the text that is left */

static int node_new(enum node_kind kind)
{
	assert_true(nodes_count < NODES_MAX);
	nodes[nodes_count] = (struct node){.kind = kind, .first_child = -1, .next_sibling = -1};
	return nodes_count++;
}

static void append_child(int parent, int child)
{
	int *place = &nodes[parent].first_child;
	while (*place >= 0)
		place = &nodes[*place].next_sibling;
	*place = child;
}

/* Blanks and comments; a rule ends where a line begins with something else. */
static void skip_blanks(void)
{
	for (;;) {
		if (*at == ';')
			at += strcspn(at, "\n");
		else if (*at == ' ' || *at == '\t' || (*at == '\n' && (at[1] == ' ' || at[1] == '\n')))
			at++;
		else
			return;
	}
}

static int parse_choice(void);

static void read_name(char name[32])
{
	size_t len = 0;
	while (isalnum((unsigned char)at[len]) || at[len] == '-')
		len++;
	if (len == 0 || len >= 32)
		fail_msg("no name at: %.40s", at);
	memcpy(name, at, len);
	name[len] = '\0';
	at += len;
}

static int parse_item(void)
{
	int node;
	if (*at == '*') {
		at++;
		node = node_new(NODE_REPEAT);
		append_child(node, parse_item());
		return node;
	}
	if (*at == '(' || *at == '[') {
		char close = *at == '(' ? ')' : ']';
		node = node_new(*at++ == '(' ? NODE_SEQUENCE : NODE_OPTION);
		append_child(node, parse_choice());
		skip_blanks();
		if (*at++ != close)
			fail_msg("no %c before: %.40s", close, at);
		return node;
	}
	node = node_new(NODE_RULE);
	read_name(nodes[node].name);
	if (strncmp(nodes[node].name, "C-", 2) == 0 || strncmp(nodes[node].name, "I-", 2) == 0)
		nodes[node].kind = NODE_TERMINAL;
	return node;
}

static int parse_sequence(void)
{
	int node = node_new(NODE_SEQUENCE);
	for (skip_blanks(); *at != '\0' && *at != '\n' && strchr("/)]", *at) == NULL; skip_blanks())
		append_child(node, parse_item());
	return node;
}

static int parse_choice(void)
{
	int node = node_new(NODE_CHOICE);
	append_child(node, parse_sequence());
	for (skip_blanks(); *at == '/'; skip_blanks()) {
		at++;
		append_child(node, parse_sequence());
	}
	return node;
}

static void parse_grammar(void)
{
	while (*at != '\0') {
		assert_true(rules_count < RULES_MAX);
		struct rule *rule = &rules[rules_count++];
		read_name(rule->name);
		skip_blanks();
		if (*at++ != '=')
			fail_msg("no = after %s", rule->name);
		rule->node = parse_choice();
		if (*at == '\n')
			at++;
	}
}

static int find_rule(const char *name)
{
	for (size_t i = 0; i < rules_count; i++) {
		if (text_equal(rules[i].name, name))
			return rules[i].node;
	}
	fail_msg("the grammar has no rule %s", name);
	return -1;
}

static void read_document(void)
{
	struct span text;
	struct fault fault = {.offset = -1};
	assert_int_equal(ambient_read_file(player.arena, DOCUMENT, DOCUMENT_MAX, &text, &fault), STATUS_OK);
	const char *section = strstr(text.at, "### 4.2 A session");
	assert_non_null(section);
	const char *begin = strstr(section, "```abnf\n");
	assert_non_null(begin);
	begin += strlen("```abnf\n");
	const char *end = strstr(begin, "```");
	assert_non_null(end);
	at = arena_text(player.arena, begin, (size_t)(end - begin));
	parse_grammar();
}

/* ---- Sentences ---- */

struct sentence {
	const char *symbols[SENTENCE_MAX];
	size_t count;
};

static struct sentence sentences[SENTENCES_MAX];
static size_t sentences_count;

static bool has_symbol(const struct sentence *sentence, const char *symbol)
{
	for (size_t i = 0; i < sentence->count; i++) {
		if (text_equal(sentence->symbols[i], symbol))
			return true;
	}
	return false;
}

static bool is_same(const struct sentence *a, const struct sentence *b)
{
	for (size_t i = 0; i < a->count; i++) {
		if (a->count != b->count || !text_equal(a->symbols[i], b->symbols[i]))
			return false;
	}
	return a->count == b->count;
}

static void keep_sentence(const struct sentence *sentence)
{
	if (sentence->count == 0 || (sentence->count > REFUSED_MAX && has_symbol(sentence, "I-NACK")))
		return;
	for (size_t i = 0; i < sentences_count; i++) {
		if (is_same(&sentences[i], sentence))
			return;
	}
	assert_true(sentences_count < SENTENCES_MAX);
	sentences[sentences_count++] = *sentence;
}

/* What is still to be derived, the next node first. */
struct pending {
	int node;
	const struct pending *rest;
	unsigned repeats;            /* of a REPEAT: done already */
};

static void derive(const struct pending *pending, struct sentence sentence);

static void derive_children(int child, const struct pending *rest, struct sentence sentence)
{
	if (child < 0) {
		derive(rest, sentence);
		return;
	}
	/* The siblings as one list, built from the front: each level of this recursion holds one. */
	struct pending chain[16];
	size_t count = 0;
	for (int node = child; node >= 0; node = nodes[node].next_sibling) {
		assert_true(count < ARRAY_COUNT(chain));
		chain[count++] = (struct pending){.node = node};
	}
	for (size_t i = 0; i < count; i++)
		chain[i].rest = i + 1 < count ? &chain[i + 1] : rest;
	derive(&chain[0], sentence);
}

static void derive(const struct pending *pending, struct sentence sentence)
{
	if (pending == NULL) {
		keep_sentence(&sentence);
		return;
	}
	const struct node *node = &nodes[pending->node];
	switch (node->kind) {
	case NODE_TERMINAL:
		if (sentence.count == SENTENCE_MAX)
			return;
		sentence.symbols[sentence.count++] = node->name;
		derive(pending->rest, sentence);
		return;
	case NODE_RULE:
		derive(&(struct pending){.node = find_rule(node->name), .rest = pending->rest}, sentence);
		return;
	case NODE_SEQUENCE:
		derive_children(node->first_child, pending->rest, sentence);
		return;
	case NODE_CHOICE:
		for (int child = node->first_child; child >= 0; child = nodes[child].next_sibling)
			derive(&(struct pending){.node = child, .rest = pending->rest}, sentence);
		return;
	case NODE_OPTION:
		derive(pending->rest, sentence);
		derive(&(struct pending){.node = node->first_child, .rest = pending->rest}, sentence);
		return;
	case NODE_REPEAT:
		derive(pending->rest, sentence);
		if (pending->repeats < REPEATS_MAX) {
			const struct pending again = {.node = pending->node, .rest = pending->rest, .repeats = pending->repeats + 1};
			derive(&(struct pending){.node = node->first_child, .rest = &again}, sentence);
		}
		return;
	}
}

/* ---- What a client says ---- */

struct step {
	struct span frames[FRAMES_MAX];
	size_t count;
	bool is_push;
};

static struct step step_of(const char *header, struct span body)
{
	return (struct step){.frames = {span_of_text(header), body}, .count = 2};
}

static struct step push_step(uint64_t batch, size_t events)
{
	struct buf header;
	struct body body = {0};
	for (size_t i = 0; i < events; i++)
		body_add(&body, fresh_event(&player, VORONEZH));
	buf_init(&header, PUSH_REQUEST_BYTES_MAX);
	push_format(&header, &(struct push_message){.type = PUSH_PUSH, .batch = batch, .sizes = body.sizes, .count = body.count});
	struct step step = step_of(arena_text(player.arena, header.at, header.len), span_of(arena_text(player.arena, body.at, body.len), body.len));
	step.is_push = true;
	buf_clear(&header);
	body_clear(&body);
	return step;
}

/* The message a symbol C-… stands for. */
static struct step say(const char *symbol, uint64_t batch)
{
	struct span none = span_of("", 0);
	if (text_equal(symbol, "C-HELLO"))
		return step_of("{\"type\":\"HELLO\",\"version\":1,\"source\":\"ru-vor/portal\"}", none);
	if (text_equal(symbol, "C-PUSH"))
		return push_step(batch, 1);
	if (text_equal(symbol, "C-PING"))
		return step_of("{\"type\":\"PING\"}", none);
	if (text_equal(symbol, "C-BYE"))
		return step_of("{\"type\":\"BYE\"}", none);
	if (text_equal(symbol, "C-bad-frames"))
		return (struct step){.frames = {span_of_text("{\"type\":\"PING\"}")}, .count = 1};
	if (text_equal(symbol, "C-bad-header"))
		return step_of("{\"type\":\"PING\"", none);
	if (text_equal(symbol, "C-bad-batch"))
		return push_step(batch + 1, 1);
	if (text_equal(symbol, "C-bad-version"))
		return step_of("{\"type\":\"HELLO\",\"version\":2,\"source\":\"ru-vor/portal\"}", none);
	if (text_equal(symbol, "C-forbidden-region"))
		return step_of("{\"type\":\"HELLO\",\"version\":1,\"source\":\"ru-vor/portal\",\"region\":\"" PETERSBURG "\"}", none);
	fail_msg("this test does not know how to say %s", symbol);
	return (struct step){0};
}

static void send_step(const struct step *step)
{
	client_send(&client, step->frames, step->count);
}

/* ---- The model: what must be answered ---- */

struct answer {
	enum push_type type;
	const char *code;                /* BYE */
	uint64_t batch;                  /* ACK */
	size_t count;
};

struct model {
	bool open;
	bool told;                       /* a BYE was the last word about the session */
	uint64_t expected;
	struct answer answers[ANSWERS_MAX];
	size_t count;
};

static void model_answer(struct model *model, struct answer answer)
{
	assert_true(model->count < ANSWERS_MAX);
	model->answers[model->count++] = answer;
	if (answer.type == PUSH_BYE) {
		model->open = false;
		model->told = true;
	}
}

static void model_bye(struct model *model, const char *code)
{
	model_answer(model, (struct answer){.type = PUSH_BYE, .code = code});
}

/* Said once. */
static void model_refuse(struct model *model, const char *code)
{
	if (!model->told)
		model_bye(model, code);
}

static void model_hello(struct model *model, const struct push_message *hello)
{
	if (hello->version != 1) {
		model_bye(model, "bad_version");
	} else if (hello->region != NULL && !text_equal(hello->region, VORONEZH)) {
		model_bye(model, "forbidden_region");
	} else {
		model_answer(model, (struct answer){.type = PUSH_WELCOME});
		model->open = true;
		model->told = false;
		model->expected = 1;
	}
}

static void model_push(struct model *model, const struct push_message *push, size_t body_len)
{
	size_t sum = 0;
	for (size_t i = 0; i < push->count; i++)
		sum += push->sizes[i];
	if (!model->open)
		model_refuse(model, "no_session");
	else if (push->batch != model->expected)
		model_bye(model, "bad_batch");
	else if (sum != body_len)
		model_bye(model, "bad_frames");
	else
		model_answer(model, (struct answer){.type = PUSH_ACK, .batch = model->expected++, .count = push->count});
}

static void model_take(struct model *model, const struct step *step)
{
	struct push_message message;
	if (step->count != 2 || step->frames[1].len > PUSH_BODY_BYTES_MAX) {
		model_refuse(model, "bad_frames");
		return;
	}
	struct arena *arena = arena_new(PUSH_ARENA_BYTES(PUSH_ANSWER_BYTES_MAX));
	if (push_parse_request(arena, step->frames[0], &message, NULL) != STATUS_OK)
		model_refuse(model, "bad_header");
	else if (message.type == PUSH_HELLO)
		model_hello(model, &message);
	else if (message.type == PUSH_PUSH)
		model_push(model, &message, step->frames[1].len);
	else if (message.type == PUSH_PING)
		model_answer(model, (struct answer){.type = PUSH_PONG});
	else
		model->open = false;
	arena_destroy(&arena);
}

/* ---- Hearing ---- */

static void count_results(const struct push_message *ack)
{
	for (size_t i = 0; i < ack->count; i++) {
		stored += ack->results[i].outcome == PUSH_STORED;
		rejected += ack->results[i].outcome == PUSH_REJECTED;
	}
}

static bool fits(const struct answer *expected, const struct push_message *heard)
{
	if (heard->type != expected->type)
		return false;
	if (heard->type == PUSH_BYE)
		return heard->code != NULL && text_equal(heard->code, expected->code);
	return heard->type != PUSH_ACK || (heard->batch == expected->batch && heard->count == expected->count);
}

static void hear(const struct answer *expected, const char *what)
{
	struct push_message heard;
	do {
		if (!client_hear_any(&client, &heard, WAIT_MS))
			fail_msg("%s: expected %s %s, heard nothing", what, push_type_name(expected->type), expected->code == NULL ? "" : expected->code);
	} while (heard.type == PUSH_CREDIT);
	if (!fits(expected, &heard))
		fail_msg("%s: expected %s %s, heard %s %s %s", what, push_type_name(expected->type), expected->code == NULL ? "" : expected->code,
		         push_type_name(heard.type), heard.code == NULL ? "" : heard.code, heard.text == NULL ? "" : heard.text);
	if (heard.type == PUSH_ACK)
		count_results(&heard);
}

/* Nothing else was answered, and it lives. */
static void barrier(const char *what)
{
	client_say(&client, &(struct push_message){.type = PUSH_PING}, span_of("", 0));
	hear(&(struct answer){.type = PUSH_PONG}, what);
	assert_true(process_lives(&intake));
}

/* A session that is left: whatever was before it, the next dialog begins as on a new connection. */
static void forget_session(const char *what)
{
	const struct step hello = say("C-HELLO", 1);
	send_step(&hello);
	hear(&(struct answer){.type = PUSH_WELCOME}, what);
	client_say(&client, &(struct push_message){.type = PUSH_BYE}, span_of("", 0));
}

/* ---- Playing a sentence ---- */

static const char *text_of(const struct sentence *sentence)
{
	const char *text = "";
	for (size_t i = 0; i < sentence->count; i++)
		text = arena_printf(player.arena, "%s %s", text, sentence->symbols[i]);
	return text;
}

struct play {
	uint64_t next, acked;            /* batch numbers: to send, and last acknowledged */
	bool open;
	const char *code;                /* that the next I-BYE must carry */
};

static void note_said(struct play *play, const char *symbol)
{
	static char code[32];
	if (text_equal(symbol, "C-HELLO"))
		play->next = 1, play->acked = 0, play->open = true;
	else if (text_equal(symbol, "C-PUSH"))
		play->next++;
	else if (text_equal(symbol, "C-BYE"))
		play->open = false;
	play->code = "no_session";
	if (islower((unsigned char)symbol[2])) {
		snprintf(code, sizeof code, "%s", symbol + 2);
		for (char *c = code; *c != '\0'; c++)
			*c = *c == '-' ? '_' : *c;
		play->code = code;
	}
}

static void hear_symbol(struct play *play, const char *symbol, const char *what)
{
	if (text_equal(symbol, "I-WELCOME")) {
		hear(&(struct answer){.type = PUSH_WELCOME}, what);
	} else if (text_equal(symbol, "I-PONG")) {
		hear(&(struct answer){.type = PUSH_PONG}, what);
	} else if (text_equal(symbol, "I-ACK")) {
		hear(&(struct answer){.type = PUSH_ACK, .batch = ++play->acked, .count = 1}, what);
	} else if (text_equal(symbol, "I-BYE")) {
		hear(&(struct answer){.type = PUSH_BYE, .code = play->code}, what);
		play->open = false;
	} else if (text_equal(symbol, "I-NACK")) {
		struct push_message nack = client_expect(&client, PUSH_NACK);
		assert_int_equal(nack.batch, play->next - 1);
		player_sql(&player, "GRANT INSERT ON effreg.event TO effreg_intake");
	} else if (text_equal(symbol, "I-CREDIT")) {
		assert_int_equal(client_expect_credit(&client).credit_batches, PUSH_CREDIT_BATCHES);
		play->next = play->acked + 1;
	} else {
		fail_msg("this test does not know how to hear %s", symbol);
	}
}

/* A batch is refused when the log cannot be written: the right to is taken away for as long. */
static void play_sentence(const struct sentence *sentence)
{
	const char *what = text_of(sentence);
	struct play play = {.next = 1};
	forget_session(what);
	for (size_t i = 0; i < sentence->count; i++) {
		const char *symbol = sentence->symbols[i];
		if (symbol[0] == 'I') {
			hear_symbol(&play, symbol, what);
			continue;
		}
		if (i + 1 < sentence->count && text_equal(sentence->symbols[i + 1], "I-NACK"))
			player_sql(&player, "REVOKE INSERT ON effreg.event FROM effreg_intake");
		struct step step = say(symbol, play.next);
		send_step(&step);
		note_said(&play, symbol);
	}
	barrier(what);
}

/* ---- Breaking a sentence ---- */

static const char *const MISTYPED[] = {"null", "true", "-1", "1.5", "\"x\"", "[]", "{}", "1e300", "9007199254740993", "\"\"", "[[1]]"};

/* The value after the colon at `colon` ends before the next comma or brace of its level. */
static size_t value_end(const char *text, size_t from, size_t len)
{
	int depth = 0;
	bool in_string = false;
	for (size_t i = from; i < len; i++) {
		if (text[i] == '"')
			in_string = !in_string;
		if (in_string)
			continue;
		if (depth == 0 && (text[i] == ',' || text[i] == '}' || text[i] == ']'))
			return i;
		depth += (text[i] == '{' || text[i] == '[') - (text[i] == '}' || text[i] == ']');
	}
	return len;
}

/* The place of a random colon outside of strings, or len. */
static size_t pick_colon(struct span header)
{
	size_t colons[64], count = 0;
	bool in_string = false;
	for (size_t i = 0; i < header.len && count < ARRAY_COUNT(colons); i++) {
		if (header.at[i] == '"')
			in_string = !in_string;
		if (header.at[i] == ':' && !in_string)
			colons[count++] = i;
	}
	return count == 0 ? header.len : colons[random_below(count)];
}

static struct span mistype_member(struct span header)
{
	size_t colon = pick_colon(header);
	if (colon == header.len)
		return header;
	size_t end = value_end(header.at, colon + 1, header.len);
	return span_of_text(arena_printf(player.arena, "%.*s%s%.*s", (int)colon + 1, header.at, MISTYPED[random_below(ARRAY_COUNT(MISTYPED))],
	                                 (int)(header.len - end), header.at + end));
}

/* Renames a member: it is missing under its name, and an unknown one is there. */
static struct span lose_member(struct span header)
{
	size_t colon = pick_colon(header);
	if (colon == header.len || colon < 2)
		return header;
	char *copy = arena_text(player.arena, header.at, header.len);
	copy[colon - 2] = '~';
	return span_of(copy, header.len);
}

static struct span add_member(struct span header)
{
	static const char *const EXTRA[] = {"\"extra\":1", "\"extra\":[[1]]", "\"type\":\"PING\"", "\"batch\":1", "\"x\":[[[[[1]]]]]", "\"\\u0000\":1"};
	return header.len < 2 ? header
	                      : span_of_text(arena_printf(player.arena, "{%s,%.*s", EXTRA[random_below(ARRAY_COUNT(EXTRA))], (int)header.len - 1, header.at + 1));
}

static struct span cut_off(struct span bytes)
{
	return span_of(bytes.at, bytes.len == 0 ? 0 : random_below(bytes.len));
}

static struct span turn_bits(struct span bytes)
{
	char *copy = arena_text(player.arena, bytes.at, bytes.len);
	for (size_t i = 0; bytes.len > 0 && i <= random_below(4); i++)
		copy[random_below(bytes.len)] ^= (char)(1 << random_below(8));
	return span_of(copy, bytes.len);
}

static struct span make_up(size_t len)
{
	char *bytes = arena_alloc(player.arena, len + 1);
	for (size_t i = 0; i < len; i++)
		bytes[i] = (char)random_below(256);
	return span_of(bytes, len);
}

/* Blanks inside the object: 64 KiB and one byte, or nearly a whole frame. */
static struct span blow_up(struct span header)
{
	size_t len = random_below(2) == 0 ? PUSH_REQUEST_BYTES_MAX + random_below(2) : BUS_MESSAGE_MAX - CURVE_BYTES - random_below(1000);
	if (header.len == 0 || header.len > len)
		return header;
	char *large = arena_alloc(player.arena, len + 1);
	memset(large, ' ', len);
	memcpy(large, header.at, header.len - 1);
	large[len - 1] = header.at[header.len - 1];
	return span_of(large, len);
}

static void change_frames(struct step *step)
{
	static const size_t COUNTS[] = {1, 3, 4, 5, 8, 9, FRAMES_MAX};
	step->count = COUNTS[random_below(ARRAY_COUNT(COUNTS))];
	for (size_t i = 2; i < step->count; i++)
		step->frames[i] = make_up(random_below(20));
}

static void break_step(struct step *step)
{
	struct span *header = &step->frames[0], *body = &step->frames[1];
	switch (random_below(11)) {
	case 0: *header = mistype_member(*header); break;
	case 1: *header = lose_member(*header); break;
	case 2: *header = add_member(*header); break;
	case 3: *header = cut_off(*header); break;
	case 4: *header = turn_bits(*header); break;
	case 5: *header = make_up(random_below(300)); break;
	case 6: *header = blow_up(*header); break;
	case 7: *body = cut_off(*body); break;
	case 8: *body = turn_bits(*body); break;
	case 9: *body = make_up(random_below(8) == 0 ? PUSH_BODY_BYTES_MAX + 1 : random_below(2000)); break;
	default: change_frames(step); break;
	}
}

static void break_order(struct step *steps, size_t *count)
{
	size_t a = random_below(*count), b = random_below(*count);
	struct step kept = steps[a];
	switch (random_below(3)) {
	case 0:  /* swap */
		steps[a] = steps[b];
		steps[b] = kept;
		break;
	case 1:  /* lose */
		memmove(&steps[a], &steps[a + 1], (*count - a - 1) * sizeof *steps);
		(*count)--;
		break;
	default:  /* twice */
		if (*count < STEPS_MAX)
			steps[(*count)++] = kept;
		break;
	}
}

/* What the client says in a random sentence, broken in up to three ways. No more PUSHes than the credit of one session. */
static size_t make_dialog(struct step steps[STEPS_MAX])
{
	const struct sentence *sentence = &sentences[random_below(sentences_count)];
	uint64_t batch = 1;
	size_t count = 0, kept = 0, pushes = 0;
	for (size_t i = 0; i < sentence->count; i++) {
		const char *symbol = sentence->symbols[i];
		if (symbol[0] != 'C')
			continue;
		steps[count] = text_equal(symbol, "C-PUSH") ? push_step(batch, 1 + random_below(3)) : say(symbol, batch);
		batch = text_equal(symbol, "C-HELLO") ? 1 : batch + text_equal(symbol, "C-PUSH");
		count++;
	}
	for (size_t i = 0; i <= random_below(3); i++) {
		if (count > 0 && random_below(3) == 0)
			break_order(steps, &count);
		else if (count > 0)
			break_step(&steps[random_below(count)]);
	}
	for (size_t i = 0; i < count; i++) {
		pushes += steps[i].is_push;
		if (!steps[i].is_push || pushes <= PUSHES_MAX)
			steps[kept++] = steps[i];
	}
	return kept;
}

static void play_broken(uint64_t seed, uint64_t round)
{
	struct step steps[STEPS_MAX];
	struct model model = {0};
	size_t count = make_dialog(steps);
	const char *what = arena_printf(player.arena, "seed %llu, round %llu", (unsigned long long)seed, (unsigned long long)round);
	forget_session(what);
	for (size_t i = 0; i < count; i++) {
		send_step(&steps[i]);
		model_take(&model, &steps[i]);
	}
	for (size_t i = 0; i < model.count; i++)
		hear(&model.answers[i], what);
	barrier(what);
}

/* ---- Cases ---- */

static void assert_every_event_has_its_row(void)
{
	assert_int_equal(player_count(&player, "SELECT pg_catalog.count(*) FROM effreg.event"), (int64_t)stored);
	assert_int_equal(player_count(&player, "SELECT COALESCE(pg_catalog.max(seq), 0) FROM effreg.event"), (int64_t)stored);
	assert_int_equal(player_count(&player, "SELECT COALESCE(pg_catalog.sum(count), 0) FROM effreg.quarantine"), (int64_t)rejected);
}

static void every_dialog_of_the_grammar_goes_as_it_says(void **state)
{
	(void)state;
	size_t refused = 0;
	for (size_t i = 0; i < sentences_count; i++) {
		arena_reset(player.arena);
		play_sentence(&sentences[i]);
		refused += has_symbol(&sentences[i], "I-NACK");
	}
	assert_every_event_has_its_row();
	print_message("# %zu dialogs of up to %d messages, %zu of them with a refused batch; %llu events stored\n", sentences_count, SENTENCE_MAX,
	              refused, (unsigned long long)stored);
	assert_true(sentences_count > 100 && refused > 5);
}

static void every_malformed_dialog_is_answered_or_closed(void **state)
{
	(void)state;
	uint64_t fresh;
	ambient_random(&fresh, sizeof fresh);
	uint64_t seed = number_from_environment("EFFREG_TEST_SEED", fresh >> 11);
	uint64_t rounds = number_from_environment("EFFREG_TEST_ROUNDS", 3000);
	size_t rss_warm = 0;
	random_state = seed;
	print_message("# seed %llu\n", (unsigned long long)seed);
	for (uint64_t round = 0; round < rounds; round++) {
		arena_reset(player.arena);
		play_broken(seed, round);
		if (round == rounds / 4)
			rss_warm = process_rss(&intake);
	}
	size_t rss = process_rss(&intake);
	print_message("# %llu dialogs; memory %zu KiB after a quarter, %zu KiB at the end\n", (unsigned long long)rounds, rss_warm / 1024, rss / 1024);
	assert_true(rss <= rss_warm + RSS_GROWTH_MAX);
	assert_every_event_has_its_row();
}

/* More than a frame may have: the connection is closed, and the next one is as good as new. */
static void a_frame_over_1_mib_closes_the_connection(void **state)
{
	(void)state;
	static char large[BUS_MESSAGE_MAX + 1];
	for (int place = 0; place < 2; place++) {
		unsigned lost = 0;
		int64_t until_ms = ambient_monotonic_ms() + WAIT_MS;
		const struct span frames[] = {place == 0 ? span_of(large, sizeof large) : span_of_text("{\"type\":\"PING\"}"),
		                              place == 1 ? span_of(large, sizeof large) : span_of("", 0)};
		bus_link_state(client.socket);
		client_send(&client, frames, 2);
		while (lost == 0 && ambient_monotonic_ms() < until_ms) {
			lost = bus_link_state(client.socket).disconnects;
			wait_a_little(&client);
		}
		assert_true(lost > 0);
		barrier("after a frame over 1 MiB");
	}
}

/* No handshake at all: bytes made up, and the beginning of a greeting. */
static void strangers_on_the_port_disturb_nobody(void **state)
{
	(void)state;
	static const char GREETING[] = "\xFF\0\0\0\0\0\0\0\1\x7F\3\1CURVE";
	for (int i = 0; i < 200; i++) {
		struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)intake.port)};
		address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		struct span bytes = i % 2 == 0 ? make_up(1 + random_below(500)) : span_of(GREETING, sizeof GREETING - 1 - random_below(10));
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		assert_true(fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0);
		assert_true(send(fd, bytes.at, bytes.len, MSG_NOSIGNAL) > 0);
		close(fd);
	}
	barrier("after strangers");
}

/* ---- Start and stop ---- */

static int set_up_all(void **state)
{
	(void)state;
	player_init(&player);
	read_document();
	derive(&(struct pending){.node = find_rule("dialog")}, (struct sentence){0});
	player_add_key(&player, &key, "region", VORONEZH, NULL);
	setenv("EFFREG_KEY_HELLOS_PER_S_MAX", "0", 1);
	setenv("EFFREG_KEY_DROPPED_PER_S_MAX", "0", 1);
	process_start(&player, &intake, "1099511627776");
	unsetenv("EFFREG_KEY_HELLOS_PER_S_MAX");
	unsetenv("EFFREG_KEY_DROPPED_PER_S_MAX");
	client_connect(&client, &player, &intake, &key);
	client_ping(&client);
	return 0;
}

static int tear_down_all(void **state)
{
	(void)state;
	client_close(&client);
	process_stop(&intake);
	player_clear(&player);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_dialog_of_the_grammar_goes_as_it_says),
		cmocka_unit_test(every_malformed_dialog_is_answered_or_closed),
		cmocka_unit_test(a_frame_over_1_mib_closes_the_connection),
		cmocka_unit_test(strangers_on_the_port_disturb_nobody),
	};
	return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
