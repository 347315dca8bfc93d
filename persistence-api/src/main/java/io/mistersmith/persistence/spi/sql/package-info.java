/**
 * The durable side of the stores: one store for each family of rows, bound to a transaction or each
 * call for itself.
 */
@NullMarked
package io.mistersmith.persistence.spi.sql;

import org.jspecify.annotations.NullMarked;
