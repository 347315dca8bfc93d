/** The tables of the schema {@code migrations}, in which the runner keeps what it did. */
@NullMarked
package io.mistersmith.persistence.migration.internal.history;

import org.jspecify.annotations.NullMarked;
