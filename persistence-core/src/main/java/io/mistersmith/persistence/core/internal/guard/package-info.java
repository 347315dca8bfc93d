/** The guard of the stores: retries, breakers, fallbacks and escalations. */
@NullMarked
package io.mistersmith.persistence.core.internal.guard;

import org.jspecify.annotations.NullMarked;
