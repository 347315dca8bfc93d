/** Runs scripts, forward and back, and the commands that do so under the lock. */
@NullMarked
package io.mistersmith.persistence.migration.internal.run;

import org.jspecify.annotations.NullMarked;
