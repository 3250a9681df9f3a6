/* project_fold: everything the events in effect say of one project, as members of one object. Its indicators,
 * measurements, declared effects, verifications and disputes belong to it; of problems, risks, lessons, losses, practices
 * and surveys it has the ids.
 *
 * Names and meaning, a contract for definitions of indicators, reports and tests. Absent = not known; decimals are
 * strings; dates are YYYY-MM-DD in UTC of the event's time unless the event has a date of its own.
 *
 *   state, stage              project_state.h; the furthest stage begun
 *   initiated, completed, active, cancelled, on_hold      booleans; initiated = completed + active + cancelled
 *   reopenings                how often it was reopened
 *   title, sphere, kind, programme, process, clients, digital, support, lead, team, key_risk, justification
 *                             of the card: the last event that states it holds
 *   independent               support is "independent"
 *   authorities, owner        of the last card, then parties added; the first is the owner
 *   institutions
 *   interdepartmental         two authorities or more
 *   proposed_on               the first time; submitted_on, approved_on, opened_on: the last
 *   closed_on                 when it was closed the last time, while it is completed
 *   cancelled_on, paused_on (while on hold), reopened_on
 *   duration_days             from opened_on to closed_on
 *   on_schedule               completed by the last day planned for stages 1 to 4; before that, no stage was completed after
 *                             its planned day nor said to be off the plan; absent when there is no plan, or when cancelled
 *   stages                    [{stage, planned_from, planned_to, started_on, completed_on}]
 *   milestones                {code: date}
 *   planned_effect_rub        of the card, else the planned economic_effect
 *   effect_rub                the economic effect that counts: tied to a measured indicator of the process, stated with method
 *                             and source, not refused; unscored_effect_rub: one that does not count
 *   measured                  some indicator has a measurement that counts
 *   held, checked_on, checks  "held", "partly" or "lost" at the latest check after the closing; how many checks
 *   verified                  "confirmed", "refused", "in_dispute": the worst of the latest verdicts on the project and on
 *                             each indicator
 *   disputed                  a dispute is open
 *   indicators                {code: {unit, base, base_on, target, target_on, ideal, ideal_on, actual, measured_on, measurements,
 *                             median, change, reduction | growth, factor, achievement, from, figure{way, qualifier, lo, hi,
 *                             unit, text}, held, verified, excluded, unscored{…}, flags[code]}}
 *   problems, risks, lessons, losses, practices, surveys, disputes    ids
 *   flags                     [{code, indicator, detail}]: flag.h has the sentences
 *
 * Of an indicator: values are in `unit`, the plan's, or the measurement's where there is no plan. actual: of the latest
 * measured_on. median: of all measurements of the unit's family. from: "measured" or "declared". figure: what was
 * declared last; lo and hi in % of improvement, or an absolute change when there is a unit. held: the last measurement
 * after the closing is as good as the target that was reached, else as the last one before. excluded: a flag keeps it out
 * of every score; then reduction, growth, factor and achievement stand under unscored, where no definition meets them by
 * accident. */
#ifndef EFFREG_METRICS_PROJECT_FOLD_H
#define EFFREG_METRICS_PROJECT_FOLD_H

#include "services/metrics/entity_fold.h"

/* Writes the members into an object that the caller has opened. count is above 0. */
void project_fold(const struct statement *statements, size_t count, const struct fold_rules *rules, struct arena *scratch,
                  struct json_writer *writer);

#endif
