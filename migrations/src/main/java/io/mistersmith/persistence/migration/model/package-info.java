/** Scripts, their versions and sets, and the exception of a failure. */
@NullMarked
package io.mistersmith.persistence.migration.model;

import org.jspecify.annotations.NullMarked;
