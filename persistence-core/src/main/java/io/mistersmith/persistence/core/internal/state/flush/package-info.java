/** From the journal to PostgreSQL: batches, the lease, eviction, waiting for a commit. */
@NullMarked
package io.mistersmith.persistence.core.internal.state.flush;

import org.jspecify.annotations.NullMarked;
