/**
 * The roof of the API: {@link io.mistersmith.persistence.Persistence} is where an application
 * starts. Nothing below imports this package.
 */
@NullMarked
package io.mistersmith.persistence;

import org.jspecify.annotations.NullMarked;
