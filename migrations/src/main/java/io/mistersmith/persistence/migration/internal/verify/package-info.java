/** Compares scripts, history and catalog, and tries every rollback on a scratch database. */
@NullMarked
package io.mistersmith.persistence.migration.internal.verify;

import org.jspecify.annotations.NullMarked;
