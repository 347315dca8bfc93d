/** The life of an agent's state in this process: cold, being hydrated, active, flushed, expired. */
@NullMarked
package io.mistersmith.persistence.lifecycle;

import org.jspecify.annotations.NullMarked;
