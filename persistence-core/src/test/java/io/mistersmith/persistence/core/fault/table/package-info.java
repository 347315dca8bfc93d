/**
 * Runs a table of faults and prints a row for each cell. A cell is one invocation of a test.
 *
 * <p>Run from the root: {@code mvn -q -Pfaults -Dtable=NAME [-Dcell=REGEX] [-Dseed=N]}.
 */
@NullMarked
package io.mistersmith.persistence.core.fault.table;

import org.jspecify.annotations.NullMarked;
