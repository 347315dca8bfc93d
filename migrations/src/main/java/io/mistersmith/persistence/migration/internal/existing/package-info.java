/** Recognises objects of a database that no history accounts for. */
@NullMarked
package io.mistersmith.persistence.migration.internal.existing;

import org.jspecify.annotations.NullMarked;
