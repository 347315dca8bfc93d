/** Results of the runner's commands. All of these are immutable values. */
@NullMarked
package io.mistersmith.persistence.migration.report;

import org.jspecify.annotations.NullMarked;
