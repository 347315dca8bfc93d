/** Sessions: rows in PostgreSQL, and copies of them in KV that a revocation ends everywhere. */
@NullMarked
package io.mistersmith.persistence.core.internal.session;

import org.jspecify.annotations.NullMarked;
