// Package httpcam turns a camera's http:// or https:// address into pictures,
// and reads it as leniently as browsers do.
//
// [Source.Run] is the whole of it: one connection learns and records. The head
// of an answer is read by [head], its body by [body], pictures are found in it
// by their own markers ([splitter]). An answer with one picture and an end is a
// still, and the address is asked again and again. What is not made of pictures
// ends with a [NotPictures], and ffmpeg may read it: through a [Client], which asks
// in the same way.
//
// Memory for one camera: 12 MB for the picture that is coming, 12 MB for the
// one that is handed over, 4 MB for the one before, 300 kB besides. It is 24 MB more while a
// PNG or WebP is made a JPEG.
package httpcam
