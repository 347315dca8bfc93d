/**
 * Changes of a schema in use that do not stop those who use it: work that is done concurrently or
 * in batches, under short locks that are given up and tried again.
 */
@NullMarked
package io.mistersmith.persistence.migration.online;

import org.jspecify.annotations.NullMarked;
