/** Events of the engine, as they happen. */
@NullMarked
package io.mistersmith.persistence.event;

import org.jspecify.annotations.NullMarked;
