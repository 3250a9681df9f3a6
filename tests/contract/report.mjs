// report: counts checks and prints a line for each, in the dialect that tests/run reads.

const counts = {passed: 0, failed: 0, skipped: 0};

/** why: what was expected and what came instead; shown when the check failed. */
export function check(sentence, holds, why = '') {
	if (holds) {
		counts.passed++;
		console.log(`ok - ${sentence}`);
		return;
	}
	counts.failed++;
	console.log(`not ok - ${sentence}${why === '' ? '' : `: ${why}`}`);
}

export function skip(sentence, why) {
	counts.skipped++;
	console.log(`skip - ${sentence}: ${why}`);
}

/** Two sets of names are the same set; says what is missing on either side. */
export function checkSame(sentence, left, right) {
	const only = (a, b) => [...new Set(a)].filter((name) => !b.includes(name));
	const lacking = only(left, right).map((name) => `-${name}`).concat(only(right, left).map((name) => `+${name}`));
	check(sentence, left.length > 0 && lacking.length === 0, lacking.join(' ') || 'nothing to compare');
}

/** Prints the last line; true when something ran and nothing failed. */
export function close() {
	console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
	return counts.failed === 0 && counts.passed > 0;
}
