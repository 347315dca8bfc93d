/**
 * Reads a database's catalog by queries, and compares it with another one's. Unlike a dump, it
 * names each difference, leaves out the order of columns, and needs no program.
 */
@NullMarked
package io.mistersmith.persistence.migration.internal.catalog;

import org.jspecify.annotations.NullMarked;
