/** Sessions, memory and artifacts of Google's Agent Development Kit, kept by agent persistence. */
@NullMarked
package io.mistersmith.persistence.adk;

import org.jspecify.annotations.NullMarked;
