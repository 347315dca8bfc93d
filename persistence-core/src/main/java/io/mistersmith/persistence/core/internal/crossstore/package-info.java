/** Transactions that change rows in PostgreSQL and entries in KV together. */
@NullMarked
package io.mistersmith.persistence.core.internal.crossstore;

import org.jspecify.annotations.NullMarked;
