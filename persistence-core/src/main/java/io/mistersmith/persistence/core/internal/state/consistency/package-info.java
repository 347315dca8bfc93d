/** Measures how far the stores are apart, compares them, and repairs what differs. */
@NullMarked
package io.mistersmith.persistence.core.internal.state.consistency;

import org.jspecify.annotations.NullMarked;
