/**
 * Transactions of the application in PostgreSQL: statements and this library's rows, all or
 * nothing.
 */
@NullMarked
package io.mistersmith.persistence.transaction;

import org.jspecify.annotations.NullMarked;
