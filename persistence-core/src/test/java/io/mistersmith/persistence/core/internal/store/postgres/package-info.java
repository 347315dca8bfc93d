/** Tests of the PostgreSQL store, on real servers. */
@NullMarked
package io.mistersmith.persistence.core.internal.store.postgres;

import org.jspecify.annotations.NullMarked;
