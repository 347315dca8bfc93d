@NullMarked
package io.mistersmith.persistence.core.internal.resilience;

import org.jspecify.annotations.NullMarked;
