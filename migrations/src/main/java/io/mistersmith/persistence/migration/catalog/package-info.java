/**
 * What a database's catalog holds, read by queries and comparable with another one's. Unlike a
 * dump, it names each difference, leaves out the order of columns, and needs no program.
 */
@NullMarked
package io.mistersmith.persistence.migration.catalog;

import org.jspecify.annotations.NullMarked;
