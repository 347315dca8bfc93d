/**
 * Judges migration scripts before they meet a database with rows in it: {@code ScriptLint} finds
 * the dangerous changes, {@code ScriptAnalysis} says what a script locks and risks.
 */
@NullMarked
package io.mistersmith.persistence.migration.internal.lint;

import org.jspecify.annotations.NullMarked;
