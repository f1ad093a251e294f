// Package rig puts the whole together on this machine without Docker: demo
// camera, controller and nginx as processes of their own, and a browser that
// looks at the page. Tests and measurements use it; it decides nothing.
//
//	demo camera → controller (its ffmpeg) → nginx → Chromium
//
// Everything that it starts dies with the program that started it.
package rig
