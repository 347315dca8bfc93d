/** Configuration: immutable records, checked when they are made. */
@NullMarked
package io.mistersmith.persistence.config;

import org.jspecify.annotations.NullMarked;
