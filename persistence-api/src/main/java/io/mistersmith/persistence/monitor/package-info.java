/** What the engine tells an observer. */
@NullMarked
package io.mistersmith.persistence.monitor;

import org.jspecify.annotations.NullMarked;
