/** Transactions, session settings and error codes of the connections that migrate. */
@NullMarked
package io.mistersmith.persistence.migration.internal.jdbc;

import org.jspecify.annotations.NullMarked;
