/** Tests of what the engine measures. */
@NullMarked
package io.mistersmith.persistence.core.internal.monitor;

import org.jspecify.annotations.NullMarked;
