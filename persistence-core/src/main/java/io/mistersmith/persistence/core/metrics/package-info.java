/**
 * Binds what the engine does to Micrometer, an optional dependency: meters and observations. Uses
 * the API alone, as an application would.
 */
@NullMarked
package io.mistersmith.persistence.core.metrics;

import org.jspecify.annotations.NullMarked;
