/** Measures how far the stores are apart, compares them, and mends what differs. */
@NullMarked
package io.mistersmith.persistence.core.internal.consistency;

import org.jspecify.annotations.NullMarked;
