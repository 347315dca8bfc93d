/** Runs sagas: what is next by the log, the steps of each kind, and the runners. */
@NullMarked
package io.mistersmith.persistence.core.internal.saga;

import org.jspecify.annotations.NullMarked;
