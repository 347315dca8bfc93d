/** Runs transactions of the application: attempts, deadlines, nesting and outcomes. */
@NullMarked
package io.mistersmith.persistence.core.internal.transaction;

import org.jspecify.annotations.NullMarked;
