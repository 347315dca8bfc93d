/** From the journal to PostgreSQL: batches, the lease, eviction, waiting for a commit. */
@NullMarked
package io.mistersmith.persistence.core.internal.flush;

import org.jspecify.annotations.NullMarked;
