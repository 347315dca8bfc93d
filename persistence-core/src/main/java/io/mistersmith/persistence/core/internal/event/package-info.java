/** Publishes committed changes, and what else agents' runtimes tell, to streams. */
@NullMarked
package io.mistersmith.persistence.core.internal.event;

import org.jspecify.annotations.NullMarked;
